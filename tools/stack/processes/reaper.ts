import { spawn, type ChildProcess } from 'node:child_process';

/*
 * Children run in sessions of their own, so that a Ctrl-C in the terminal reaches only the program that
 * can drain them in order. The price: nobody ends them when that program dies. The reaper does: a shell
 * that reads the list of living children from a pipe. The pipe closes when this process ends, however it
 * ends (return, exception, `kill -9`), and the shell then signals whoever is still on the list.
 */
export const REAPER_SCRIPT = `
live=""
while read -r word entry; do
  rest=""
  for one in $live; do [ "$one" = "$entry" ] || rest="$rest $one"; done
  live="$rest"
  if [ "$word" = watch ]; then live="$live $entry"; fi
done
for one in $live; do kill -s "\${one%%:*}" "\${one##*:}" 2>/dev/null; done
`;

/** How a child ends when its parent is gone: KILL, or QUIT for a PostgreSQL that has children of its own. */
export type LastSignal = 'KILL' | 'QUIT';

let reaper: ChildProcess | undefined;

function startReaper(): ChildProcess {
  const shell = spawn('sh', ['-c', REAPER_SCRIPT], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    cwd: '/',
  });
  // Without a POSIX shell (Windows) a killed parent leaves its children behind; everything else still works.
  shell.on('error', () => undefined);
  shell.stdin.on('error', () => undefined);
  shell.unref();
  (shell.stdin as unknown as { unref(): void }).unref();
  return shell;
}

const tell = (word: 'watch' | 'forget', signal: LastSignal, pid: number): void => {
  reaper ??= startReaper();
  reaper.stdin?.write(`${word} ${signal}:${pid}\n`);
};

/** From now on the process `pid` gets `signal` when this process ends. */
export const endWithParent = (pid: number, signal: LastSignal): void => tell('watch', signal, pid);

/** The process has ended by other means; its pid may be given to somebody else. */
export const forgetChild = (pid: number, signal: LastSignal): void => tell('forget', signal, pid);
