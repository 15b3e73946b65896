// How smooth the page is: times between frames, long tasks, and how much of it jumps.

// In the page, before anything else.
export function watchFrames() {
  const seen = { frames: [], longTasks: [], shift: 0, shifted: [] };
  window.seenByTest = seen;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries().filter((entry) => !entry.hadRecentInput)) {
      seen.shift += entry.value;
      for (const { node } of entry.sources) seen.shifted.push(node?.id || node?.className || node?.nodeName);
    }
  }).observe({ type: 'layout-shift', buffered: true });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) seen.longTasks.push(Math.round(entry.duration));
  }).observe({ type: 'longtask', buffered: true });
  let before = performance.now();
  const frame = (now) => {
    seen.frames.push(now - before);
    before = now;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}

export async function measure(page, seconds) {
  const client = await page.context().newCDPSession(page);
  await client.send('Performance.enable');
  const metrics = async () => {
    const answer = await client.send('Performance.getMetrics');
    return Object.fromEntries(answer.metrics.map(({ name, value }) => [name, value]));
  };
  const atLoad = await page.evaluate(() => window.seenByTest.longTasks.length);
  await page.evaluate(() => (window.seenByTest.frames.length = 0));
  const before = await metrics();
  await page.waitForTimeout(seconds * 1000);
  const after = await metrics();
  const { frames, longTasks, shift, shifted } = await page.evaluate(() => window.seenByTest);
  const sorted = [...frames].sort((a, b) => a - b);
  const at = (share) => Number(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))].toFixed(1));
  const busy = (name) => Number((((after[name] - before[name]) / seconds) * 100).toFixed(1));
  return {
    seconds,
    frames: frames.length,
    frameMs: { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) },
    percentBusy: {
      all: busy('TaskDuration'),
      script: busy('ScriptDuration'),
      layout: busy('LayoutDuration'),
      style: busy('RecalcStyleDuration'),
    },
    longTasksAtLoad: longTasks.slice(0, atLoad),
    longTasksAfter: longTasks.slice(atLoad),
    layoutShift: Number(shift.toFixed(5)),
    shifted: [...new Set(shifted)],
    heapMiB: Number((after.JSHeapUsedSize / 1048576).toFixed(1)),
    nodes: after.Nodes,
  };
}
