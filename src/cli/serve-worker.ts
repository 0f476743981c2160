import { runWorker } from '../server/workers/worker.js';

/** What each process of `iris serve --workers` runs. */
runWorker({
  loadSite: async () => {
    const { playgroundSite } = await import('./playground-site.js');
    return playgroundSite();
  },
});
