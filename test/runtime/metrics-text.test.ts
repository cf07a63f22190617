import { expect, it } from 'vitest';
import { metricsText } from '../../src/runtime/metrics-text.ts';

it('metrics are printed as the exposition format says', () => {
  const text = metricsText([
    { name: 'a_total', help: 'One\nand \\ two.', type: 'counter', samples: [{ value: 3 }] },
    {
      name: 'b',
      help: 'B.',
      type: 'gauge',
      samples: [
        { labels: { x: 'say "hi"\\\n', y: 'é' }, value: 0.5 },
        { labels: {}, value: Number.NaN },
        { value: Infinity },
        { value: -Infinity },
        { value: 1e21 },
      ],
    },
    { name: 'c', help: 'C.', type: 'gauge', samples: [] },
  ]);
  expect(text).toBe(
    [
      '# HELP a_total One\\nand \\\\ two.',
      '# TYPE a_total counter',
      'a_total 3',
      '# HELP b B.',
      '# TYPE b gauge',
      'b{x="say \\"hi\\"\\\\\\n",y="é"} 0.5',
      'b NaN',
      'b +Inf',
      'b -Inf',
      'b 1e+21',
      '# HELP c C.',
      '# TYPE c gauge',
      '',
    ].join('\n'),
  );
});
