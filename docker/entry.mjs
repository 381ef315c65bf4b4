// The image's entry point: its first argument says which app this container is, the rest are the app's own flags.
// The app is imported, not spawned, so it is process 1 itself and gets SIGTERM directly.
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const apps = ['node', 'manager'];
const [app, ...flags] = process.argv.slice(2);

if (apps.includes(app)) {
  const main = new URL(`../apps/${app}/dist/main.js`, import.meta.url);
  // The app sees the arguments it would see as `node apps/APP/dist/main.js FLAGS`.
  process.argv = [process.argv[0], fileURLToPath(main), ...flags];
  await import(main.href);
} else {
  const came = app === undefined ? 'nothing' : `"${app}"`;
  console.error(`The first argument names the app: expected ${apps.join(' or ')}, got ${came}.`);
  console.error('Usage: IMAGE node|manager [flags]; IMAGE node --help lists the flags.');
  process.exitCode = 64; // EX_USAGE
}
