import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventStream, type StreamStatus } from './event_stream';
import type { ServerEvent } from './sse_parser';

type Answer = (signal: AbortSignal) => Response | Promise<Response>;

const sends = (...texts: string[]): Answer => () => new Response(texts.join(''));
const fails: Answer = () => Promise.reject(new TypeError('no network'));
const refuses: Answer = () => new Response('', { status: 401 });
const hangs: Answer = (signal) =>
  new Response(
    new ReadableStream({
      start: (controller) => signal.addEventListener('abort', () => controller.error(new Error('aborted'))),
    }),
  );

// Runs through the answers, one a connection; then stops.
async function play(answers: Answer[], onUnauthorized = () => Promise.resolve()) {
  const asked: string[] = [];
  const events: ServerEvent[] = [];
  const statuses: StreamStatus[] = [];
  let asks = 0;
  const stream = new EventStream({
    open: async (lastEventId, signal) => {
      const answer = answers[asked.length];
      if (!answer) {
        stream.stop();
        throw new Error('the end');
      }
      asked.push(lastEventId);
      return answer(signal);
    },
    onEvent: (event) => events.push(event),
    onStatus: (status) => statuses.push(status),
    onUnauthorized: () => (++asks, onUnauthorized()),
    silenceMs: 50,
    firstWaitMs: 1,
    random: () => 0.5,
  });
  await stream.run();
  return { asked, events, statuses, asks };
}

test('a broken stream goes on behind the last event that was seen', async () => {
  const { asked, events } = await play([
    sends('id: r-1\ndata: a\n\nid: r-2\ndata: b\n\nid: r-3\ndata: half'),
    fails,
    sends('id: r-3\ndata: c\n\n'),
  ]);
  assert.deepEqual(asked, ['', 'r-2', 'r-2']);
  assert.deepEqual(events.map(({ data }) => data), ['a', 'b', 'c']);
});

test('it is live with the first event, and not before', async () => {
  const { statuses } = await play([sends(': only a comment\n\n'), sends('data: a\n\n')]);
  const kinds = statuses.map(({ kind }) => kind).filter((kind, i, all) => kind !== all[i - 1]);
  assert.deepEqual(kinds, ['connecting', 'waiting', 'connecting', 'live', 'waiting', 'connecting']);
});

test('a stream that falls silent is given up', async () => {
  const { asked, statuses } = await play([hangs, sends('data: a\n\n')]);
  assert.equal(asked.length, 2);
  assert.ok(statuses.some((status) => status.kind === 'waiting' && status.why === 'the server fell silent'));
});

test('without the right token it asks, and then tries at once', async () => {
  const { asks, statuses } = await play([refuses, sends('data: a\n\n')]);
  assert.equal(asks, 1);
  assert.deepEqual(statuses.slice(0, 4).map(({ kind }) => kind), ['connecting', 'unauthorized', 'connecting', 'live']);
});

test('when nobody gives a token it tries again later, and says meanwhile that one is needed', async () => {
  const { asks, statuses } = await play([refuses, sends('data: a\n\n')], () => Promise.reject(new Error('not now')));
  assert.equal(asks, 1);
  assert.deepEqual(statuses.slice(0, 4).map(({ kind }) => kind), ['connecting', 'unauthorized', 'connecting', 'live']);
});

test('what no token would open is told, and no token is asked for', async () => {
  const { asks, statuses } = await play([() => new Response('only from this machine\n', { status: 403 })]);
  assert.equal(asks, 0);
  assert.ok(statuses.some((status) => status.kind === 'waiting' && status.why === 'only from this machine'));
});
