// Closes as a line.
import { LineSeries, LineStyle, type IChartApi, type PriceFormat } from 'lightweight-charts';
import type { ChartColors } from './chart_colors';
import { close } from './chart_data';
import type { LabelPart } from './pane_label';
import type { PriceDrawing } from './price_drawing';
import type { Bar } from './types';

export class CloseDrawing implements PriceDrawing {
  readonly prices;

  constructor(private readonly chart: IChartApi) {
    this.prices = chart.addSeries(LineSeries, { lineWidth: 2, priceLineStyle: LineStyle.Dotted });
    this.prices.priceScale().applyOptions({ scaleMargins: { top: 0.14, bottom: 0.1 } });
  }

  set(bars: readonly Bar[]): void {
    this.prices.setData(bars.map(close));
  }

  update(bar: Bar, _: ChartColors, isOlder: boolean): void {
    this.prices.update(close(bar), isOlder);
  }

  setFormat(priceFormat: PriceFormat): void {
    this.prices.applyOptions({ priceFormat });
  }

  applyColors(colors: ChartColors): void {
    this.prices.applyOptions({ color: colors.text, priceLineColor: colors.muted });
  }

  legend(colors: ChartColors): LabelPart[] {
    return [{ text: 'close', color: colors.text, sign: 'line' }];
  }

  remove(): void {
    this.chart.removeSeries(this.prices);
  }
}
