import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SseParser, type ServerEvent } from './sse_parser';

const text =
  ': hello\r\nretry: 250\n\nid: a-1\nevent: bar\ndata: {"x":1}\n\n' +
  'id: a-2\r\nevent: health\r\ndata: one\r\ndata: two\r\n\r\ndata:none\n\nevent: empty\n\ndata: cut';
const expected: ServerEvent[] = [
  { type: 'bar', data: '{"x":1}', id: 'a-1' },
  { type: 'health', data: 'one\ntwo', id: 'a-2' },
  { type: 'message', data: 'none', id: 'a-2' },
];

test('events are the same however the text is cut', () => {
  for (let size = 1; size <= text.length; ++size) {
    const parser = new SseParser();
    const events: ServerEvent[] = [];
    for (let i = 0; i < text.length; i += size) events.push(...parser.push(text.slice(i, i + size)));
    assert.deepEqual(events, expected, `in pieces of ${size}`);
    assert.equal(parser.retryMs, 250);
  }
});
