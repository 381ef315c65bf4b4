/** The decision, and how its numbers are taken, in the words of the report. */
export const DISK_LEVEL_REASON = `## What was chosen, and why

\`node:sqlite\` in a thread of its own (\`sqlite-thread\`): SQLite keeps an index, a bound, the order of use and what was
invalidated in one file, and takes all of it through a kill together. It comes with Node: nothing to install, to build or to watch.

- **lmdb** is the fastest to read. It reads through a map of its file: a page that cannot be read is no error but a SIGBUS, and
  the whole node with all its calls is gone. On a full disk its failed commit ends the process too (an error that no
  caller can catch, and memory that its native code has damaged). A cache must not be able to end what it makes faster. Its pages count
  as resident memory besides, and it is a native module, built or fetched for each platform.
- **cacache** has no bound, no order of use and no tags, its index files only grow, and it costs most at each size. A full disk it bears well.
- **Plain files** are as fast, and the best to have on a full disk: what is there is read on. But bytes by name are
  the smaller half of this level. Which are the oldest, which carry a tag, what was invalidated, how much it is together: in the
  benchmark that lives in memory and is made again at each start from every file's name and size, without tags, times of use and
  invalidations. Keeping it so that a kill leaves it and the files in agreement is writing a database. Files of 1 KB also take 4 KB.
- **SQLite in the thread that serves** (\`sqlite-here\`) spares two messages a call: some 0.1 ms, and three times as many small hits a second with eight callers.
  A level behind two others never sees a tenth of either. The thread pays for the rest: a set of
  500 KB works for 0.8 ms and a get for 0.3 ms, a page that is not in memory or a log that is emptied takes as long as the
  disk takes, and a disk that hangs would hang the node. From a thread the node waits 250 ms, once, then leaves the level alone.

What SQLite costs: it writes everything twice (first to its log), so large entries are written at half the speed of files. On a full disk it
cannot write even that something was read or invalidated, so the level is off until there is room: every get is a miss. Nothing is
flushed while it runs (synchronous=OFF: with flushes at each checkpoint, reads waited up to 0.4 s for them on a busy machine). A kill of the process loses nothing by that; after
a crash of the machine the store is emptied, which it knows from the system's boot id. Making room costs the removal of the entries
that were used longest ago (to within ten minutes), in the set that needs it: "sets/s at the bound" beside "sets/s".

## How it is measured

Each contestant in a fresh process, on the same file system, one after the other; entries are of bytes that nothing compresses and are checked
at both ends when they are read. lmdb, cacache and files get what they lack from \`bench/disk-level/indexed.ts\`, in memory, which flatters them:
a miss costs them nothing, and their order of use and tags survive nothing. lmdb's index is made from its keys and the lengths of its values,
which are read for it. lmdb does not flush either; cacache and files never do. "Event loop held" is
\`monitorEventLoopDelay\` less its resolution; the same loop without a store, which makes the same bytes, runs right before it. "A tag
invalidated": a hundredth of the entries; for SQLite they are refused from then on and removed later in pieces of 64. "Given up": by
the level's own limit of 250 ms. "Disk / bytes" is taken after a fifth was invalidated: files give that back, databases use it again. Before a restart is timed the system's page cache is emptied.
`;
