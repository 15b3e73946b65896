// Says whether what the page shows is live.
import { byId, Cell } from './dom';
import type { StreamStatus } from './event_stream';

export class ConnectionBadge {
  private readonly cell: Cell;

  constructor() {
    const element = byId('connection');
    element.textContent = '';
    this.cell = new Cell(element);
    this.show({ kind: 'connecting' });
  }

  show(status: StreamStatus): void {
    switch (status.kind) {
      case 'live':
        return this.cell.set('● Live', 'good');
      case 'connecting':
        return this.cell.set('◌ Connecting', 'quiet');
      case 'unauthorized':
        return this.cell.set('✕ Token needed', 'bad');
      case 'waiting':
        this.cell.element.title = `${status.why}; what is missed is filled afterwards`;
        return this.cell.set(`✕ Not live, again in ${status.seconds} s`, 'bad');
    }
  }
}
