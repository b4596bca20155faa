import { freshen } from '../../../source/demo/history/history.ts';

/** What is alive goes on being so, however long ago the history was written. */
export const revive = `
	update agent_runtime set last_seen_at = now();
	update workers set last_heartbeat_at = now();
	update runs set lease_expires_at = now() + interval '30 seconds' where status = 'RUNNING';
	${freshen}`;
