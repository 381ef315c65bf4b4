// What is recorded: for each tool the commands of a short session.

/** Work that takes some seconds, and less of it for jobs, which nobody waits for: they would slow what comes after. */
const LONG = 'size=600000000';
const JOB = 'arguments={"size":300000000}';

/**
 * Each scene is a file of docs/recordings. A step's `words` come after `npm run mcp --`; `keeps` takes something from
 * its output for the steps after it; `until` repeats it until the output fits, and shows the last time.
 */
export const SCENES = [
  { file: 'echo', steps: [{ words: ['call', 'echo', 'text=hello', 'delayMs=2000'] }] },
  {
    file: 'run_analysis',
    about: [
      'A report after every row: the most that the tool can have to say. It is sent at most five times a second.',
    ],
    steps: [{ words: ['call', 'run_analysis', 'rows=100000', 'chunkSize=1'] }],
  },
  {
    file: 'analyze_dataset',
    about: ['Generated rows, then a CSV file of 48 MB (the sample measurements.csv, repeated).'],
    steps: [
      { words: ['call', 'analyze_dataset', 'rowCount=1000000', 'chunkSize=10'] },
      { words: ['call', 'analyze_dataset', 'file=large.csv', 'chunkSize=1000'] },
    ],
  },
  {
    file: 'multi_stage_pipeline',
    about: ['The sample file, which takes no time, then one of 48 MB.'],
    steps: [
      { words: ['call', 'multi_stage_pipeline', 'input=measurements.csv'] },
      { words: ['call', 'multi_stage_pipeline', 'input=large.csv'] },
    ],
  },
  {
    file: 'crawl_sitemap',
    about: ['A local site, which the cluster may reach because it was started with CRAWL_ALLOW=localhost,127.0.0.1.'],
    steps: [{ words: ({ site }) => ['call', 'crawl_sitemap', `url=${site}/`, 'maxPages=30'] }],
  },
  { file: 'process_large_file', steps: [{ words: ['call', 'process_large_file', LONG] }] },
  {
    file: 'logs',
    shows: 10,
    about: ['A log file as it is, and one of 200 MB, which comes as a summary with its last lines.'],
    steps: [{ words: ['read', 'logs://cluster.log'] }, { words: ['read', 'logs://large.log'] }],
  },
  {
    file: 'start_job',
    steps: [{ words: ['call', 'start_job', 'tool=process_large_file', JOB], keeps: jobId }],
  },
  {
    file: 'check_status',
    about: ['The id of a job is long; it is shortened here.'],
    steps: [
      { words: ['call', 'start_job', 'tool=process_large_file', JOB], keeps: jobId },
      { words: ({ kept }) => ['call', 'check_status', `jobId=${kept}`] },
      { words: ({ kept }) => ['call', 'check_status', `jobId=${kept}`], until: /The job is completed/ },
    ],
  },
  {
    file: 'cancel_job',
    about: ['The id of a job is long; it is shortened here.'],
    steps: [
      { words: ['call', 'start_job', 'tool=process_large_file', JOB], keeps: jobId },
      { words: ({ kept }) => ['call', 'cancel_job', `jobId=${kept}`] },
    ],
  },
  {
    file: 'task',
    title: 'A call as a task',
    about: [
      'With --task the server may answer with a task; the client then asks for its state as often as it is told.',
    ],
    steps: [{ words: ['call', 'process_large_file', LONG, '--task'] }],
  },
];

function jobId(lines) {
  const id = /\bjobId (\S+)/.exec(lines.join('\n'))?.[1];
  if (id === undefined) throw new Error(`start_job: expected a jobId in its output, got:\n${lines.join('\n')}`);
  return id;
}
