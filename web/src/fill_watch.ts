// /history reads the database, which is behind the stream by what has not been written yet. So bars that closed just
// before the stream began are in neither, until a commit that began behind that moment: this says when it has happened.
// A followed file is in /history before it is in the stream, so there any moment behind that one will do.
import type { Health } from './types';

export class FillWatch {
  private begin: number | undefined; // the server's clock when the stream was seen first
  private firstWrite: number | undefined;
  private isDue = false;

  restart(): void {
    this.begin = undefined;
    this.firstWrite = undefined;
    this.isDue = true;
  }

  // True once, when it is time to ask /history again.
  feed(health: Health): boolean {
    if (!this.isDue || health.ts === undefined) return false;
    if (this.begin === undefined) {
      this.begin = health.ts;
      return false;
    }
    if (!this.isFilled(health, this.begin)) return false;
    this.isDue = false;
    return true;
  }

  private isFilled(health: Health, begin: number): boolean {
    if (health.file !== undefined) return true;
    const write = health.last_write_ts_ms ?? 0;
    const nothingWaits = health.pending_rows === 0 && health.queue_depth === 0 && (health.ts ?? 0) > begin + 2000;
    if (write <= begin || nothingWaits) return nothingWaits;
    // The first commit that ended behind the begin may have begun before it; the second has not.
    this.firstWrite ??= write;
    return write > this.firstWrite;
  }
}
