// Bars and decisions of the symbol that is on the charts: what /history gave, and what has come live since.
import { PnlTrack, type PnlPoint } from './pnl';
import { SortedByTime } from './sorted_by_time';
import type { Bar, Costs, Decision } from './types';

const maxChanges = 200; // between two frames; a page out of sight has none for long
export const maxKept = 30_000; // bars, and decisions; beyond it the oldest third goes

export interface Changes {
  rebuild: boolean; // everything may be different
  bars: Bar[]; // new or newer ones, if not
  decisions: { decision: Decision; point: PnlPoint }[]; // new ones behind all others, if not
}

const noChanges = (): Changes => ({ rebuild: false, bars: [], decisions: [] });

export class SymbolHistory {
  private readonly barList = new SortedByTime<Bar>();
  private readonly decisionList = new SortedByTime<Decision>();
  private track: PnlTrack;
  private liveBars = new Set<number>(); // seconds that came live; what /history says of them may be older
  private liveDecisions = new Set<number>();
  private heldBefore: number | null = 0; // the target in force before the first decision; null: not known
  private changes = noChanges();

  isWhole = false; // nothing is before what is here

  constructor(
    readonly symbol: string,
    private costs: Costs,
  ) {
    this.track = new PnlTrack(costs, 0);
  }

  get bars(): readonly Bar[] {
    return this.barList.items;
  }

  get decisions(): readonly Decision[] {
    return this.decisionList.items;
  }

  get pnl(): readonly PnlPoint[] {
    return this.track.points;
  }

  get pnlSince(): number | undefined {
    return this.track.since;
  }

  barAt(time: number): Bar | undefined {
    return this.barList.at(time);
  }

  // A decision and what it made, in force at `time`.
  decisionAt(time: number): { decision: Decision; point: PnlPoint } | undefined {
    const place = this.decisionList.lowerBound(time + 1) - 1;
    const decision = this.decisions[place];
    const point = this.pnl[place];
    return decision && point ? { decision, point } : undefined;
  }

  putLiveBar(bar: Bar): void {
    this.liveBars.add(bar.time);
    this.noteBar(bar, this.barList.put(bar) === 'insert');
    this.keepBounds();
  }

  putLiveDecision(decision: Decision): void {
    this.liveDecisions.add(decision.time);
    const before = this.decisionList.at(decision.time);
    if (before && sameDecision(before, decision)) return; // comes again after a reconnect
    if (this.decisionList.put(decision) === 'append') {
      this.changes.decisions.push({ decision, point: this.track.append(decision) });
    } else {
      this.replay();
    }
    this.keepBounds();
  }

  // An answer of /history. `isWhole`: nothing is before it. `held`: what was in force before its first decision.
  merge(bars: readonly Bar[], decisions: readonly Decision[], isWhole: boolean, held: number | null = null): void {
    const oldest = this.decisions[0]?.time ?? Infinity;
    const isOldest = isWhole || (decisions[0]?.time ?? Infinity) <= oldest;
    if (isOldest) this.heldBefore = held ?? (isWhole ? heldAtFirst(decisions[0]) : null);
    this.isWhole ||= isWhole;
    this.barList.merge(bars, this.liveBars);
    this.decisionList.merge(decisions, this.liveDecisions);
    this.replay();
  }

  // An answer of /history about the newest part. Draws anew only if it has something that is not here.
  fill(bars: readonly Bar[], decisions: readonly Decision[]): void {
    const isMissing =
      bars.some(({ time }) => !this.barList.at(time)) || decisions.some(({ time }) => !this.decisionList.at(time));
    if (!isMissing) return;
    this.barList.merge(bars, this.liveBars);
    this.decisionList.merge(decisions, this.liveDecisions);
    this.replay();
  }

  // Bars that /history gave after their late part alone had come: they count, whatever came live.
  mend(bars: readonly Bar[]): void {
    for (const bar of bars) this.noteBar(bar, this.barList.put(bar) === 'insert');
  }

  setCosts(costs: Costs): void {
    if (sameCosts(costs, this.costs)) return;
    this.costs = costs;
    this.replay();
  }

  // What has changed since the last call.
  takeChanges(): Changes {
    this.keepBounds();
    const taken = this.changes;
    this.changes = noChanges();
    return taken;
  }

  private noteBar(bar: Bar, isBetween: boolean): void {
    if (isBetween) this.changes.rebuild = true;
    else this.changes.bars.push(bar);
  }

  private replay(): void {
    this.track = new PnlTrack(this.costs, this.heldBefore);
    for (const decision of this.decisions) this.track.append(decision);
    this.changes.rebuild = true;
  }

  // Also while nobody takes the changes.
  private keepBounds(): void {
    this.forgetOldest();
    const { rebuild, bars, decisions } = this.changes;
    if (rebuild || bars.length + decisions.length > maxChanges) this.changes = { ...noChanges(), rebuild: true };
  }

  private forgetOldest(): void {
    if (this.bars.length <= maxKept && this.decisions.length <= maxKept) return;
    const third = Math.floor(maxKept / 3);
    const newestGone = Math.max(
      this.bars.length > maxKept ? this.bars[third]!.time : 0,
      this.decisions.length > maxKept ? this.decisions[third]!.time : 0,
    );
    this.barList.dropBefore(this.barList.lowerBound(newestGone));
    const decisionsGone = this.decisionList.lowerBound(newestGone);
    this.decisionList.dropBefore(decisionsGone);
    if (decisionsGone > 0) this.heldBefore = this.pnl[decisionsGone - 1]!.exposure;
    this.track.dropFront(decisionsGone);
    this.isWhole = false;
    for (const seen of [this.liveBars, this.liveDecisions]) {
      for (const time of seen) if (time < newestGone) seen.delete(time);
    }
    this.changes.rebuild = true;
  }
}

// Nothing; but a first decision that is a hold of the cost gate tells what has been held.
const heldAtFirst = (first: Decision | undefined): number =>
  first?.hold ? first.direction * first.target_exposure : 0;

function sameCosts(a: Costs, b: Costs): boolean {
  const sameTrades = (a.min_trade ?? 0) === (b.min_trade ?? 0);
  return a.fee_rate === b.fee_rate && a.slippage === b.slippage && sameTrades;
}

function sameDecision(a: Decision, b: Decision): boolean {
  return (Object.keys(a) as (keyof Decision)[]).every((key) => a[key] === b[key]);
}
