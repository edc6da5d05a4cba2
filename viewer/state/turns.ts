/** Of what is begun while something of its kind is still under way the last counts. */
export class Turns {
  private last = 0;

  /** Begins one; what comes back says whether it is still the last. */
  begin(): () => boolean {
    const turn = ++this.last;
    return () => turn === this.last;
  }
}
