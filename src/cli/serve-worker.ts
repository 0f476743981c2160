/** What each process of `iris serve --workers` runs. */

// A terminal sends its signals to every process; the primary one hears them for all. Node's own listener of SIGUSR1 opens
// a debugger. All else is loaded later: until here, signals do what they do by default.
for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM', 'SIGUSR1', 'SIGUSR2']) process.on(signal, () => {});

const { runWorker } = await import('../server/life/workers/worker.js');

runWorker({
  loadSite: async () => {
    const { playgroundSite } = await import('./playground-site.js');
    return playgroundSite();
  },
});
