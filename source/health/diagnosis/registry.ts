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
	lockQueue,
	oldTransaction,
	connectionsFull,
	standbyLag,
	missingIndex,
	noStatistics,
	oldServer,
	samplerDenied,
	samplerFails,
	dearWatching,
	clockSkew,
];
