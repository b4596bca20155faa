/** How the sentence begins, or what is in it, that names each fault of the demo, and its severity. */
export const sentences: Readonly<Record<string, RegExp>> = {
	'silent-runtime': /▲ runtime bo-laptop-1 \(local codex\) has been silent for 2\dm: it explains/,
	'all-runtimes-silent': /✖ all 72 runtimes fell silent together/,
	'stuck-tasks': /i 9 tasks ran over 30m, up to 2h/,
	'stuck-dispatch': /[▲✖] \d+ live runtimes took \d+ tasks up to \dm ago and have not started them/,
	'not-draining': /✖ (tasks are passed over|nobody hands out tasks): \d+ tasks wait for/,
	'retry-storm': /✖ runtime bo-laptop-1 \(codex\) fails everything it takes/,
	overload: /▲ \d+ tasks have waited up to \d+m for \d+ live runtimes, though tasks are handed out/,
	'provider-down': /▲ \d+ of \d+ tasks that ended in 15 min failed with "rate_limited"/,
	'expired-leases': /✖ worker worker-crashed died \dm ago with 7 runs in hand/,
	'no-workers': /✖ \d+ runs ready, the oldest for \d+m, and no worker is alive/,
	'future-only': /i nothing is ready: \d+ queued runs are all planned for later/,
	'nobody-ticks': /✖ nobody ticks hourly, daily and dashboard, and nobody ever has/,
	'lock-leaked':
		/✖ hourly rollup is blocked: pid \d+ \(demo-server\), idle for \d+s, still holds lock/,
	'green-but-blocked':
		/✖ dashboard rollup is blocked: pid \d+ \(demo-maintenance\) holds lock 4244 and is at work on something/,
	'blocked-delete':
		/[▲✖] 1 session has waited \d+s for the hourly lock that pid \d+ \(demo-backfill\) holds/,
	'backfill-running':
		/i pid \d+ \(demo-backfill\) recomputes hourly .* and holds its lock by right/,
	'failing-tick': /✖ ticks of hourly, daily and dashboard fail, .* with "bigint out of range"/,
	'catching-up': /[▲✖] hourly is \d+d\d+h behind and catches up one day a tick: \d+ ticks left/,
	'unfinished-backfill': /✖ nobody ticks hourly, and nobody ever has: usage ends on/,
	'triggers-disabled':
		/✖ 9 triggers are disabled on agent_runtime, agent_task_queue, issue and task_usage/,
	'dirty-grows': /✖ nobody has ticked hourly for 5\dm/,
	'dirty-near-loss':
		/✖ \d+ invalidations of hourly (are about to be lost|have waited for over five days)/,
	'watermark-future': /✖ the watermark of hourly is (1h59m|2h00m) ahead of the clock/,
	'wrong-numbers': /▲ hourly differs from the raw usage in \d+/,
	'abandoned-tick': /✖ the scheduler demo-scheduler-1 died 2\dm ago in the middle of a tick/,
	'two-tickers': /i hourly is ticked by the application's scheduler and pg_cron/,
	'connections-full': /▲ \d+ of \d+ connections are taken \(8\d%\), \d+ of them by demo-pool/,
	'old-transaction': /▲ pid \d+ \(demo-report\) has kept a transaction open for/,
	'lock-queue': /[▲✖] pid \d+ \(demo-migrate\) has waited \d+s to lock chat_message behind pid \d+/,
	'missing-index': /▲ agent_task_queue has no index on \(completed_at\)/,
	'invalid-index': /▲ index agent_task_queue_priority on agent_task_queue is invalid/,
	'no-statistics': /▲ statistics were never gathered on agent_task_queue/,
	'usage-untimed': /▲ usage is still written without updated_at/,
	'standby-lag': /[▲✖] this is a standby \d+m?s? behind its primary: its replay is paused/,
	'sampler-denied': /▲ demo_watcher_\w+ may not read what \d+ samplers need/,
	'old-server': /▲ Postgres 13\.\d+ is too old/,
	'clock-skew': /▲ the clock of this machine is \d+s ahead of the server's/,
	'dear-watching': /[▲✖] watching takes \d+% of one processor of the server/,
};

/** Sentences of an alarm that the fault leads to, one for most of them. */
export const alarms: Readonly<Record<string, number>> = {
	'stuck-tasks': 0,
	'future-only': 0,
	'backfill-running': 0,
	'two-tickers': 0,
	'dirty-near-loss': 2,
};
