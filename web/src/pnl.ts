// What a decision's target would have earned: gross, and net of notional fees and slippage. The same formulas as the
// plotter's: the exposure e is direction · target_exposure, on hold it stays; gross grows by e_before · (c − c_before),
// c being the decision's close; a change costs |e − e_before| · c · (fee + slippage). Targets, not executions.
import type { Costs, Decision } from './types';

export interface PnlPoint {
  time: number;
  exposure: number;
  delta: number;
  gross: number;
  net: number;
}

export class PnlTrack {
  private list: PnlPoint[] = [];
  private exposure = 0;
  private close: number | undefined;
  private gross = 0;
  private costs = 0;
  private firstTime: number | undefined;

  // `fromTheMiddle`: decisions before the first one are not known, so its exposure is where the track begins, unpaid.
  constructor(
    private readonly rates: Costs,
    private readonly fromTheMiddle: boolean,
  ) {}

  get points(): readonly PnlPoint[] {
    return this.list;
  }

  get last(): PnlPoint | undefined {
    return this.list[this.list.length - 1];
  }

  // When it began, whatever has been dropped since.
  get since(): number | undefined {
    return this.firstTime;
  }

  append(decision: Decision): PnlPoint {
    const isFirst = this.close === undefined;
    this.firstTime ??= decision.time;
    const target = decision.direction * decision.target_exposure;
    let exposure = decision.hold ? this.exposure : target;
    if (isFirst && this.fromTheMiddle) exposure = target;
    const delta = isFirst && this.fromTheMiddle ? 0 : exposure - this.exposure;
    if (this.close !== undefined) this.gross += this.exposure * (decision.close - this.close);
    this.costs += Math.abs(delta) * decision.close * (this.rates.fee_rate + this.rates.slippage);
    this.exposure = exposure;
    this.close = decision.close;
    const point = { time: decision.time, exposure, delta, gross: this.gross, net: this.gross - this.costs };
    this.list.push(point);
    return point;
  }

  // The oldest points go; what they earned stays in those behind.
  dropFront(count: number): void {
    this.list = this.list.slice(count);
  }
}
