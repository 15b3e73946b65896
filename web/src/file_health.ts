// What the health strip tells of a followed file of decisions: how far it is read, and what was in it.
import { age, bytes, count, rate } from './format';
import { rejects, rejectsOf, since, type HealthCell, type HealthSection, type HealthView } from './health_view';
import { shortPath } from './short_path';
import type { FileState, Health } from './types';

const states: Record<FileState, string> = {
  reading: 'being read',
  waiting: 'there is no such file yet',
  reached: 'read to its end',
};

const pathRoom = 38; // characters

const stateOf = ({ file_state: state, bytes: size }: Health): string =>
  `${state ? states[state] : ''}, ${bytes(size)}`;

const cells: HealthCell[] = [
  {
    key: 'file',
    name: 'File',
    title: 'The file of decisions that is followed',
    read: (health) => {
      const { file = '', file_state: state } = health;
      const more = [file, stateOf(health)];
      if (state === 'waiting') return { text: `waiting for ${shortPath(file, pathRoom - 14)}`, alarm: 'warn', more };
      return { text: shortPath(file, pathRoom), more };
    },
  },
  {
    key: 'rate',
    name: 'Lines/s',
    title: 'Lines read a second, over 5 s',
    read: (_, rates) => ({ text: rate(rates.lines) }),
  },
  {
    key: 'lines',
    name: 'Lines',
    title: 'Lines read',
    read: ({ lines }) => ({ text: count(lines) }),
  },
  {
    key: 'decisions',
    name: 'Decisions',
    title: 'Decisions read, each once',
    read: ({ decisions }) => ({ text: count(decisions) }),
  },
  {
    key: 'rejects',
    name: 'Bad lines',
    title: 'Lines that are no decision',
    read: rejects,
  },
  {
    key: 'duplicates',
    name: 'Duplicates',
    title: 'Decisions that had been read before: same run, time and symbol',
    read: ({ duplicates }) => ({ text: count(duplicates) }),
  },
  {
    key: 'newest',
    name: 'Newest decision',
    title: 'Age of the newest decision, by its time',
    read: (health, _, nowMs) => {
      const seconds = since(health.last_bar_ts_ms, nowMs);
      return { text: seconds === undefined ? 'none yet' : age(seconds) };
    },
  },
];

const details = (health: Health): HealthSection[] => [
  { title: 'File', lines: [health.file ?? '', stateOf(health)] },
  { title: 'Bad lines', lines: rejectsOf(health) },
  { title: '', lines: [`Version ${health.version ?? ''}`] },
];

export const fileHealth: HealthView = { cells, details };
