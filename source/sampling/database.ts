import type { DatabaseData, PanelState } from './panel-data.ts';
import { numberOf, panelState, rowIn } from './panel-state.ts';
import type { Snapshot } from './snapshot.ts';

const samplers = ['database/server'] as const;

/** What is known of the server itself. */
export function databaseOf(snapshot: Snapshot): PanelState<DatabaseData> {
	const row = rowIn(snapshot, 'database/server');
	return panelState(snapshot, samplers, {
		isStandby: typeof row?.is_standby === 'boolean' ? row.is_standby : undefined,
		replayLagSeconds: numberOf(row, 'replay_lag_seconds'),
		connections: numberOf(row, 'connections') ?? undefined,
		maxConnections: numberOf(row, 'max_connections') ?? undefined,
		oldestTransactionSeconds: numberOf(row, 'oldest_transaction_seconds'),
	});
}
