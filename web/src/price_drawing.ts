// How the pane of prices draws bars: candles and volume, or where there are closes alone, a line.
import type { IChartApi, ISeriesApi, PriceFormat } from 'lightweight-charts';
import { CandleDrawing } from './candle_drawing';
import type { ChartColors } from './chart_colors';
import { CloseDrawing } from './close_drawing';
import type { LabelPart } from './pane_label';
import type { Source } from './source';
import type { Bar } from './types';

export interface PriceDrawing {
  readonly prices: ISeriesApi<'Candlestick'> | ISeriesApi<'Line'>; // markers stand on it
  set(bars: readonly Bar[], colors: ChartColors): void;
  update(bar: Bar, colors: ChartColors, isOlder: boolean): void;
  setFormat(priceFormat: PriceFormat): void;
  applyColors(colors: ChartColors): void;
  legend(colors: ChartColors): LabelPart[];
  remove(): void;
}

const drawings: Record<Source, new (chart: IChartApi) => PriceDrawing> = { daemon: CandleDrawing, file: CloseDrawing };

export const drawPrices = (chart: IChartApi, source: Source): PriceDrawing => new drawings[source](chart);
