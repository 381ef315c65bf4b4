// Chooses the states of a live line that tell how a call went.

/** As many as a page shows without tiring. */
const MOST = 8;
const FEWEST = 4;

/**
 * From four to eight of them (fewer where there are fewer), the first and the last among them, spread over the time;
 * those in which more than the spinner and the clock moved come before others.
 */
export function chosenFrames(frames) {
  const settled = withoutRepeats(frames);
  if (settled.length <= FEWEST) return settled;
  const moved = settled.filter((frame, index) => index === 0 || said(frame) !== said(settled[index - 1]));
  const from = moved.length >= FEWEST ? moved : settled;
  const last = settled.at(-1);
  const chosen = new Set([from[0], ...spread(from, MOST - 2), last]);
  return settled.filter((frame) => chosen.has(frame));
}

/** The line is drawn once for each event and once for each tick: the same text twice is one state. */
function withoutRepeats(frames) {
  return frames.filter((frame, index) => index === 0 || frame.text !== frames[index - 1].text);
}

/** The frames nearest to `count` points of time between the first and the last. */
function spread(frames, count) {
  const first = frames[0].seconds;
  const step = (frames.at(-1).seconds - first) / (count + 1);
  return Array.from({ length: count }, (_, index) => {
    const wanted = first + step * (index + 1);
    return frames.reduce((best, frame) =>
      Math.abs(frame.seconds - wanted) < Math.abs(best.seconds - wanted) ? frame : best,
    );
  });
}

/** A line without its spinner and its clock. */
function said({ text }) {
  return text.replace(/^[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] ?/, '').replace(/·? ?[^·]*$/, '');
}
