// Server-sent events out of text that comes in pieces, as the HTML standard reads them.

export interface ServerEvent {
  type: string;
  data: string;
  id: string; // the newest one that was given
}

export class SseParser {
  private rest = '';
  private type = '';
  private data: string[] = [];
  private id = '';
  private skipLineFeed = false;
  retryMs: number | undefined;

  push(text: string): ServerEvent[] {
    const events: ServerEvent[] = [];
    let from = 0;
    if (this.skipLineFeed && text.length > 0) {
      if (text[0] === '\n') from = 1;
      this.skipLineFeed = false;
    }
    for (let i = from; i < text.length; ++i) {
      const letter = text.charCodeAt(i);
      if (letter !== 10 && letter !== 13) continue;
      this.line(this.rest + text.slice(from, i), events);
      this.rest = '';
      if (letter === 13) {
        if (i + 1 === text.length) this.skipLineFeed = true;
        else if (text.charCodeAt(i + 1) === 10) ++i;
      }
      from = i + 1;
    }
    this.rest += text.slice(from);
    return events;
  }

  private line(line: string, events: ServerEvent[]): void {
    if (line === '') {
      if (this.data.length > 0) events.push({ type: this.type || 'message', data: this.data.join('\n'), id: this.id });
      this.type = '';
      this.data = [];
      return;
    }
    const colon = line.indexOf(':');
    if (colon === 0) return; // a comment, which keeps the connection awake
    const field = colon < 0 ? line : line.slice(0, colon);
    let value = colon < 0 ? '' : line.slice(colon + 1);
    if (value.startsWith(' ')) value = value.slice(1);
    if (field === 'data') this.data.push(value);
    else if (field === 'event') this.type = value;
    else if (field === 'id' && !value.includes('\0')) this.id = value;
    else if (field === 'retry' && /^\d+$/.test(value)) this.retryMs = Number(value);
  }
}
