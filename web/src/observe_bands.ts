// Grey bands behind a pane where decisions only observe.
import type {
  IPanePrimitive,
  IPanePrimitivePaneView,
  ITimeScaleApi,
  Logical,
  PaneAttachedParameter,
  Time,
  UTCTimestamp,
} from 'lightweight-charts';
import type { Band } from './chart_data';

export interface BandSource {
  bands: readonly Band[];
  color: string;
}

export class ObserveBands implements IPanePrimitive<Time> {
  private timeScale: ITimeScaleApi<Time> | undefined;
  private readonly views: readonly IPanePrimitivePaneView[];

  constructor(source: BandSource) {
    const view: IPanePrimitivePaneView = {
      zOrder: () => 'bottom',
      renderer: () => ({
        draw: (target) =>
          target.useBitmapCoordinateSpace(({ context, bitmapSize, horizontalPixelRatio }) => {
            context.fillStyle = source.color;
            for (const [left, right] of this.stretches(source.bands)) {
              const x = Math.max(0, Math.round(left * horizontalPixelRatio));
              const end = Math.min(bitmapSize.width, Math.round(right * horizontalPixelRatio));
              if (end > x) context.fillRect(x, 0, end - x, bitmapSize.height);
            }
          }),
      }),
    };
    this.views = [view];
  }

  attached(parameters: PaneAttachedParameter<Time>): void {
    this.timeScale = parameters.chart.timeScale();
  }

  detached(): void {
    this.timeScale = undefined;
  }

  paneViews(): readonly IPanePrimitivePaneView[] {
    return this.views;
  }

  // From and to on the screen, of those in sight.
  private *stretches(bands: readonly Band[]): Generator<[number, number]> {
    const scale = this.timeScale;
    const range = scale?.getVisibleRange();
    if (!scale || !range) return;
    for (const band of bands) {
      if (band.to < (range.from as number) || band.from > (range.to as number)) continue;
      const first = scale.timeToIndex(band.from as UTCTimestamp, true);
      const last = scale.timeToIndex(band.to as UTCTimestamp, true);
      if (first === null || last === null) continue;
      const half = scale.options().barSpacing / 2;
      const left = scale.logicalToCoordinate(first as unknown as Logical);
      const right = scale.logicalToCoordinate(last as unknown as Logical);
      if (left !== null && right !== null) yield [left - half, right + half];
    }
  }
}
