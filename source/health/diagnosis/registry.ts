import type { FaultCheck } from './check.ts';
import { clockSkew } from './console/clock-skew.ts';
import { dearWatching } from './console/dear-watching.ts';
import { samplerDenied } from './console/sampler-denied.ts';
import { samplerFails } from './console/sampler-fails.ts';
import { connectionsFull } from './database/connections-full.ts';
import { lockQueue } from './database/lock-queue.ts';
import { missingIndex } from './database/missing-index.ts';
import { noStatistics } from './database/no-statistics.ts';
import { oldServer } from './database/old-server.ts';
import { oldTransaction } from './database/old-transaction.ts';
import { standbyLag } from './database/standby-lag.ts';
import { expiredLeases } from './leases/expired-leases.ts';
import { futureOnly } from './leases/future-only.ts';
import { noWorkers } from './leases/no-workers.ts';
import { abandonedTick } from './rollups/abandoned-tick.ts';
import { blockedDelete } from './rollups/blocked-delete.ts';
import { catchingUp } from './rollups/catching-up.ts';
import { dirtyGrows } from './rollups/dirty-grows.ts';
import { dirtyLoss } from './rollups/dirty-loss.ts';
import { failingTick } from './rollups/failing-tick.ts';
import { greenButStill } from './rollups/green-but-still.ts';
import { lockBusy } from './rollups/lock-busy.ts';
import { lockLeaked } from './rollups/lock-leaked.ts';
import { nobodyTicks } from './rollups/nobody-ticks.ts';
import { ticksStopped } from './rollups/ticks-stopped.ts';
import { triggersOff } from './rollups/triggers-off.ts';
import { twoTickers } from './rollups/two-tickers.ts';
import { unfinishedBackfill } from './rollups/unfinished-backfill.ts';
import { usageWithoutUpdateTime } from './rollups/usage-without-update-time.ts';
import { watermarkFuture } from './rollups/watermark-future.ts';
import { wrongNumbers } from './rollups/wrong-numbers.ts';
import { failingRuntime } from './tasks/failing-runtime.ts';
import { fleetSilent } from './tasks/fleet-silent.ts';
import { longRunning } from './tasks/long-running.ts';
import { nobodyDispatches } from './tasks/nobody-dispatches.ts';
import { overload } from './tasks/overload.ts';
import { retryStorm } from './tasks/retry-storm.ts';
import { silentRuntime } from './tasks/silent-runtime.ts';
import { stuckDispatch } from './tasks/stuck-dispatch.ts';

/** Every check, causes before their consequences; each is independent of all others. */
export const checks: readonly FaultCheck[] = [
	standbyLag,
	fleetSilent,
	silentRuntime,
	failingRuntime,
	retryStorm,
	nobodyDispatches,
	stuckDispatch,
	overload,
	longRunning,
	noWorkers,
	expiredLeases,
	futureOnly,
	lockLeaked,
	lockBusy,
	blockedDelete,
	failingTick,
	abandonedTick,
	nobodyTicks,
	ticksStopped,
	twoTickers,
	greenButStill,
	catchingUp,
	watermarkFuture,
	triggersOff,
	wrongNumbers,
	dirtyLoss,
	dirtyGrows,
	unfinishedBackfill,
	usageWithoutUpdateTime,
	lockQueue,
	oldTransaction,
	connectionsFull,
	missingIndex,
	noStatistics,
	oldServer,
	samplerDenied,
	samplerFails,
	dearWatching,
	clockSkew,
];
