/** `node test/replay/compare-boutique.ts`: prints the drafts of the recorded example beside the policies written by hand for it. */
import { boutiqueComparison, comparisonText } from './boutique-comparison.ts';

process.stdout.write(comparisonText(await boutiqueComparison()));
