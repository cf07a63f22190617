/**
 * Whether a node uses conntrack zones, and so whether its entries are to be folded. A node without zones is read without
 * looking for pairs, which costs it nothing; one that uses them always lists some.
 */
export class ZoneWatch {
  /** At first it is not known, and entries are folded. */
  isOn = true;
  #isSeen = false;

  /** An entry of another zone than the default one was seen. */
  seen(): void {
    this.isOn = true;
    this.#isSeen = true;
  }

  /** A list of all entries is complete. Watching ends when neither it nor any event since the one before showed a zone. */
  listed(): void {
    this.isOn = this.#isSeen;
    this.#isSeen = false;
  }
}
