// What changes on the page changes once a frame, however many events came meanwhile.

export class Frames {
  private readonly painters: (() => void)[] = [];
  private readonly failing = new Set<() => void>();
  private isAsked = false;

  add(paint: () => void): void {
    this.painters.push(paint);
  }

  readonly ask = (): void => {
    if (this.isAsked) return;
    this.isAsked = true;
    requestAnimationFrame(() => {
      this.isAsked = false;
      for (const paint of this.painters) this.run(paint);
    });
  };

  // One that fails does not keep the others from painting, and is told of once, not each frame.
  private run(paint: () => void): void {
    try {
      paint();
      this.failing.delete(paint);
    } catch (error) {
      if (!this.failing.has(paint)) reportError(error);
      this.failing.add(paint);
    }
  }
}
