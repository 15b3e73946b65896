// What changes on the page changes once a frame, however many events came meanwhile.

export class Frames {
  private readonly painters: (() => void)[] = [];
  private isAsked = false;

  add(paint: () => void): void {
    this.painters.push(paint);
  }

  readonly ask = (): void => {
    if (this.isAsked) return;
    this.isAsked = true;
    requestAnimationFrame(() => {
      this.isAsked = false;
      for (const paint of this.painters) paint();
    });
  };
}
