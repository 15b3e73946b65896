// What a decision's target would have earned: gross, and net of notional fees and slippage. The same formulas as the
// plotter's: the exposure e is direction · target_exposure; on hold it stays, and a change smaller than min_trade is
// not made; gross grows by e_before · (c − c_before), c being the decision's close; a change costs |e − e_before| · c ·
// (fee + slippage), nothing where c is not above 0. Targets, not executions.
import type { Costs, Decision } from './types';

export interface PnlPoint {
  time: number;
  exposure: number | null; // null: not known yet
  delta: number;
  gross: number | null;
  net: number | null;
}

// The holds of a closed gate, of an unknown state and of a suspension say 0 whatever is held; those of the cost gate
// say the target that stays.
const tellsExposure = (decision: Decision): boolean => !decision.hold || decision.target_exposure > 0;

export class PnlTrack {
  private list: PnlPoint[] = [];
  private close = 0; // of the decision before, once the exposure is known
  private gross = 0;
  private costs = 0;
  private firstTime: number | undefined;

  // `exposure`: what is held before the first decision. Where that is not known (null), the track begins with the first
  // decision that tells it, unpaid.
  constructor(
    private readonly rates: Costs,
    private exposure: number | null,
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
    const { time, close } = decision;
    const before = this.exposure;
    if (before === null && !tellsExposure(decision)) {
      return this.push({ time, exposure: null, delta: 0, gross: null, net: null });
    }
    const target = decision.direction * decision.target_exposure;
    const held = before ?? target;
    const wanted = decision.hold ? held : target;
    const exposure = Math.abs(wanted - held) >= (this.rates.min_trade ?? 0) ? wanted : held;
    const delta = exposure - held;
    if (this.firstTime !== undefined) this.gross += (before ?? 0) * (close - this.close);
    if (close > 0) this.costs += Math.abs(delta) * close * (this.rates.fee_rate + this.rates.slippage);
    this.firstTime ??= time;
    this.exposure = exposure;
    this.close = close;
    return this.push({ time, exposure, delta, gross: this.gross, net: this.gross - this.costs });
  }

  private push(point: PnlPoint): PnlPoint {
    this.list.push(point);
    return point;
  }

  // The oldest points go; what they earned stays in those behind.
  dropFront(count: number): void {
    this.list = this.list.slice(count);
  }
}
