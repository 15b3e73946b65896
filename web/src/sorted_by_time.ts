// A list of things by the second, one each, oldest first. What comes last is what is added most.

export interface Timed {
  time: number;
}

export type Change = 'append' | 'replace' | 'insert';

export class SortedByTime<T extends Timed> {
  private list: T[] = [];

  get items(): readonly T[] {
    return this.list;
  }

  get last(): T | undefined {
    return this.list[this.list.length - 1];
  }

  // The place of the first item that is not before `time`.
  lowerBound(time: number): number {
    let low = 0;
    let high = this.list.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.list[middle]!.time < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  at(time: number): T | undefined {
    const found = this.list[this.lowerBound(time)];
    return found?.time === time ? found : undefined;
  }

  // The newest item that is not behind `time`.
  atOrBefore(time: number): T | undefined {
    return this.list[this.lowerBound(time + 1) - 1];
  }

  put(item: T): Change {
    const last = this.last;
    if (last === undefined || item.time > last.time) {
      this.list.push(item);
      return 'append';
    }
    const place = this.lowerBound(item.time);
    if (this.list[place]!.time === item.time) {
      this.list[place] = item;
      return 'replace';
    }
    this.list.splice(place, 0, item);
    return 'insert';
  }

  // Many at once, in ascending time; those whose second is here already and in `keep` stay as they are.
  merge(incoming: readonly T[], keep: ReadonlySet<number>): void {
    const merged: T[] = [];
    let next = 0;
    for (const item of incoming) {
      while (next < this.list.length && this.list[next]!.time < item.time) merged.push(this.list[next++]!);
      const here = this.list[next];
      if (here?.time === item.time) {
        merged.push(keep.has(item.time) ? here : item);
        ++next;
      } else {
        merged.push(item);
      }
    }
    while (next < this.list.length) merged.push(this.list[next++]!);
    this.list = merged;
  }

  dropBefore(place: number): void {
    this.list = this.list.slice(place);
  }
}
