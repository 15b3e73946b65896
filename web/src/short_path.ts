// A path that is too long for its place keeps its end, from the beginning of a folder's name where one is.

export function shortPath(path: string, room: number): string {
  if (path.length <= room) return path;
  const end = path.slice(path.length - room + 1);
  const slash = end.indexOf('/');
  return `…${slash < 0 ? end : end.slice(slash)}`;
}
