// What a pane shows, written in its upper left corner, with the values under the crosshair.
import type { IPanePrimitive, IPanePrimitivePaneView, PaneAttachedParameter, Time } from 'lightweight-charts';

export interface LabelPart {
  text: string;
  color: string;
  sign?: 'line' | 'dashes' | 'box'; // a sample of how it is drawn
}

const font = '11px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';
const gap = 10;

export class PaneLabel implements IPanePrimitive<Time> {
  private parts: readonly LabelPart[] = [];
  private requestUpdate: (() => void) | undefined;
  private readonly views: readonly IPanePrimitivePaneView[];

  constructor(private readonly backdrop: () => string) {
    const view: IPanePrimitivePaneView = {
      zOrder: () => 'top',
      renderer: () => ({
        draw: (target) =>
          target.useMediaCoordinateSpace(({ context, mediaSize }) => this.draw(context, mediaSize.width)),
      }),
    };
    this.views = [view];
  }

  attached(parameters: PaneAttachedParameter<Time>): void {
    this.requestUpdate = parameters.requestUpdate;
  }

  detached(): void {
    this.requestUpdate = undefined;
  }

  paneViews(): readonly IPanePrimitivePaneView[] {
    return this.views;
  }

  set(parts: readonly LabelPart[]): void {
    const same = parts.length === this.parts.length && parts.every((part, i) => isSame(part, this.parts[i]!));
    if (same) return;
    this.parts = parts;
    this.requestUpdate?.();
  }

  private draw(context: CanvasRenderingContext2D, width: number): void {
    context.save();
    context.font = font;
    context.textBaseline = 'middle';
    const size = (part: LabelPart): number => context.measureText(part.text).width + (part.sign ? 16 : 0);
    let x = 8;
    for (const part of this.parts) {
      const needed = size(part);
      if (x + needed > width - 4) break;
      context.fillStyle = this.backdrop();
      context.fillRect(x - 3, 4, needed + 6, 16);
      context.fillStyle = part.color;
      context.strokeStyle = part.color;
      if (part.sign) this.sample(context, part.sign, x);
      context.fillText(part.text, x + (part.sign ? 16 : 0), 12);
      x += needed + gap;
    }
    context.restore();
  }

  private sample(context: CanvasRenderingContext2D, sign: NonNullable<LabelPart['sign']>, x: number): void {
    if (sign === 'box') {
      context.fillRect(x + 2, 8, 8, 8);
      return;
    }
    context.lineWidth = 2;
    context.setLineDash(sign === 'dashes' ? [3, 2] : []);
    context.beginPath();
    context.moveTo(x, 12);
    context.lineTo(x + 12, 12);
    context.stroke();
  }
}

const isSame = (a: LabelPart, b: LabelPart): boolean => a.text === b.text && a.color === b.color && a.sign === b.sign;
