// Bars as candles, with their volume below.
import { CandlestickSeries, HistogramSeries, LineStyle, type IChartApi, type PriceFormat } from 'lightweight-charts';
import type { ChartColors } from './chart_colors';
import { candle, volume } from './chart_data';
import type { LabelPart } from './pane_label';
import type { PriceDrawing } from './price_drawing';
import type { Bar } from './types';

export class CandleDrawing implements PriceDrawing {
  readonly prices;
  private readonly volume;

  constructor(private readonly chart: IChartApi) {
    this.prices = chart.addSeries(CandlestickSeries, { priceLineVisible: true, priceLineStyle: LineStyle.Dotted });
    this.volume = chart.addSeries(HistogramSeries, {
      priceScaleId: 'volume',
      priceFormat: { type: 'volume' },
      lastValueVisible: false,
      priceLineVisible: false,
    });
    this.prices.priceScale().applyOptions({ scaleMargins: { top: 0.12, bottom: 0.24 } });
    this.volume.priceScale().applyOptions({ scaleMargins: { top: 0.84, bottom: 0 } });
  }

  set(bars: readonly Bar[], colors: ChartColors): void {
    this.prices.setData(bars.map(candle));
    this.volume.setData(bars.map((bar) => volume(bar, colors)));
  }

  update(bar: Bar, colors: ChartColors, isOlder: boolean): void {
    this.prices.update(candle(bar), isOlder);
    this.volume.update(volume(bar, colors), isOlder);
  }

  setFormat(priceFormat: PriceFormat): void {
    this.prices.applyOptions({ priceFormat });
  }

  applyColors(colors: ChartColors): void {
    this.prices.applyOptions({
      upColor: colors.background, // hollow, so that colour alone does not tell
      downColor: colors.down,
      borderUpColor: colors.up,
      borderDownColor: colors.down,
      wickUpColor: colors.up,
      wickDownColor: colors.down,
      priceLineColor: colors.muted,
    });
  }

  legend(colors: ChartColors): LabelPart[] {
    return [
      { text: 'up', color: colors.up, sign: 'line' },
      { text: 'down', color: colors.down, sign: 'box' },
    ];
  }

  remove(): void {
    this.chart.removeSeries(this.prices);
    this.chart.removeSeries(this.volume);
  }
}
