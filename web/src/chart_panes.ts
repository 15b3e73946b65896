// The panes and series of the charts, one below the other on one time axis, and how they look.
import {
  BaselineSeries,
  ColorType,
  createChart,
  createSeriesMarkers,
  CrosshairMode,
  HistogramSeries,
  LineSeries,
  LineStyle,
  LineType,
  type AutoscaleInfo,
  type IChartApi,
  type IPaneApi,
  type ISeriesApi,
  type ISeriesMarkersPluginApi,
  type Time,
} from 'lightweight-charts';
import type { Band } from './chart_data';
import { chartColors, faded, type ChartColors } from './chart_colors';
import { dateAndTime } from './format';
import { ObserveBands, type BandSource } from './observe_bands';
import { PaneLabel } from './pane_label';
import { drawPrices, type PriceDrawing } from './price_drawing';
import type { Source } from './source';

const heights = [5, 1.7, 1.2, 1.9]; // shares of prices, exposure, its changes, PnL

// Nothing is held at 0: a scale without it would make little look like much.
function withZero(original: () => AutoscaleInfo | null): AutoscaleInfo | null {
  const info = original();
  const range = info?.priceRange;
  if (!info || !range) return info;
  const minValue = Math.min(0, range.minValue);
  const maxValue = Math.max(0, range.maxValue);
  return { ...info, priceRange: minValue === maxValue ? { minValue: -0.01, maxValue: 0.01 } : { minValue, maxValue } };
}

export interface DecisionSeries {
  exposure: ISeriesApi<'Baseline'>;
  urgency: ISeriesApi<'Histogram'>;
  impulses: ISeriesApi<'Histogram'>;
  gross: ISeriesApi<'Line'>;
  net: ISeriesApi<'Line'>;
}

export class ChartPanes {
  readonly chart: IChartApi;
  readonly labels: PaneLabel[] = [];
  readonly observe: BandSource & { bands: Band[] };
  price: PriceDrawing;
  markers: ISeriesMarkersPluginApi<Time>;
  decisions: DecisionSeries | undefined;
  colors: ChartColors = chartColors();

  constructor(container: HTMLElement, source: Source) {
    this.observe = { bands: [], color: this.colors.observe };
    this.chart = createChart(container, {
      autoSize: true,
      layout: { attributionLogo: false, fontSize: 11, panes: { enableResize: true } }, // the notice is in the foot
      crosshair: { mode: CrosshairMode.Normal },
      timeScale: {
        timeVisible: true,
        secondsVisible: true,
        rightOffset: 5,
        barSpacing: 6,
        minBarSpacing: 0.4,
        borderVisible: false,
      },
      rightPriceScale: { borderVisible: false, minimumWidth: 76 },
      handleScroll: { vertTouchDrag: false },
      localization: { locale: 'en-US', timeFormatter: (time: Time) => `${dateAndTime(time as number)} UTC` },
    });
    this.price = drawPrices(this.chart, source);
    this.markers = createSeriesMarkers<Time>(this.price.prices, []);
    this.dress(this.chart.panes()[0]!);
    this.applyColors();
  }

  // Nothing is drawn then.
  setSource(source: Source): void {
    const before = this.price;
    this.price = drawPrices(this.chart, source); // first, for a pane without series goes
    this.markers.detach();
    before.remove();
    this.markers = createSeriesMarkers<Time>(this.price.prices, []);
    this.price.applyColors(this.colors);
  }

  // Panes of decisions are there only where decisions are.
  setDecisions(wanted: boolean): void {
    if (wanted === (this.decisions !== undefined)) return;
    if (this.decisions) {
      for (const series of Object.values(this.decisions)) this.chart.removeSeries(series as ISeriesApi<'Line'>);
      this.labels.length = 1;
      this.decisions = undefined;
      return;
    }
    const quiet = { lastValueVisible: false, priceLineVisible: false };
    const share = { priceFormat: { type: 'price', precision: 4, minMove: 0.0001 } } as const;
    const exposure = this.chart.addSeries(
      BaselineSeries,
      {
        baseValue: { type: 'price', price: 0 },
        lineType: LineType.WithSteps,
        lineWidth: 2,
        priceLineVisible: false,
        ...share,
      },
      1,
    );
    const urgency = this.chart.addSeries(HistogramSeries, { priceScaleId: 'urgency', ...quiet }, 1);
    const impulses = this.chart.addSeries(HistogramSeries, { base: 0, ...quiet, ...share }, 2);
    const gross = this.chart.addSeries(LineSeries, { lineWidth: 1, lineStyle: LineStyle.Dashed, ...quiet }, 3);
    const net = this.chart.addSeries(LineSeries, { lineWidth: 2, priceLineVisible: false }, 3);
    for (const series of [exposure, impulses]) series.applyOptions({ autoscaleInfoProvider: withZero });
    exposure.priceScale().applyOptions({ scaleMargins: { top: 0.24, bottom: 0.12 } });
    urgency.priceScale().applyOptions({ scaleMargins: { top: 0.7, bottom: 0 } });
    urgency.applyOptions({ autoscaleInfoProvider: () => ({ priceRange: { minValue: 0, maxValue: 1 } }) });
    impulses.priceScale().applyOptions({ scaleMargins: { top: 0.3, bottom: 0.1 } });
    net.priceScale().applyOptions({ scaleMargins: { top: 0.24, bottom: 0.1 } });
    this.decisions = { exposure, urgency, impulses, gross, net };
    this.chart.panes().forEach((pane, i) => {
      pane.setStretchFactor(heights[i] ?? 1);
      if (i > 0) this.dress(pane);
    });
    this.applyColors();
  }

  setDecimals(decimals: number): void {
    const minMove = Number((10 ** -decimals).toFixed(decimals));
    this.price.setFormat({ type: 'price', precision: decimals, minMove });
    const finer = Math.min(10, decimals + 2);
    const priceFormat = { type: 'price', precision: finer, minMove: Number((10 ** -finer).toFixed(finer)) } as const;
    this.decisions?.gross.applyOptions({ priceFormat });
    this.decisions?.net.applyOptions({ priceFormat });
  }

  applyColors(): void {
    const colors = chartColors();
    this.colors = colors;
    this.observe.color = colors.observe;
    this.chart.applyOptions({
      layout: {
        background: { type: ColorType.Solid, color: colors.background },
        textColor: colors.muted,
        panes: { separatorColor: colors.line, separatorHoverColor: faded(colors.muted, 0.25) },
      },
      grid: { vertLines: { color: faded(colors.line, 0.7) }, horzLines: { color: faded(colors.line, 0.7) } },
      crosshair: { vertLine: { labelBackgroundColor: colors.flat }, horzLine: { labelBackgroundColor: colors.flat } },
    });
    this.price.applyColors(colors);
    if (!this.decisions) return;
    this.decisions.exposure.applyOptions({
      topLineColor: colors.up,
      topFillColor1: faded(colors.up, 0.22),
      topFillColor2: faded(colors.up, 0.04),
      bottomLineColor: colors.down,
      bottomFillColor1: faded(colors.down, 0.04),
      bottomFillColor2: faded(colors.down, 0.22),
    });
    this.decisions.gross.applyOptions({ color: colors.gross });
    this.decisions.net.applyOptions({ color: colors.net });
  }

  private dress(pane: IPaneApi<Time>): void {
    const label = new PaneLabel(() => faded(this.colors.background, 0.8));
    this.labels.push(label);
    pane.attachPrimitive(label);
    pane.attachPrimitive(new ObserveBands(this.observe));
  }
}
