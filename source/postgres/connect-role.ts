import type { Login } from './connect-login.ts';
import type { TargetSessionAttrs } from './target-type.ts';

/** What to look for, one search through the hosts after the other. */
export function sessionPasses(wanted: TargetSessionAttrs): readonly TargetSessionAttrs[] {
	return wanted === 'prefer-standby' ? ['standby', 'any'] : [wanted];
}

/**
 * Why a server is not the wanted one, or undefined if it is. libpq also looks at
 * default_transaction_read_only for read-write and read-only; our sessions set that themselves, so
 * here read-write means a primary and read-only a standby.
 */
export async function roleMismatch(
	login: Login,
	wanted: TargetSessionAttrs,
): Promise<string | undefined> {
	if (wanted === 'any') return undefined;
	const isStandbyWanted = wanted === 'standby' || wanted === 'read-only';
	const isStandby = await isInRecovery(login);
	if (isStandby === isStandbyWanted) return undefined;
	return `it is a ${isStandby ? 'standby' : 'primary'}, and target_session_attrs asks for ${wanted}`;
}

/** Reported by the server itself from version 14 on; older ones, and poolers, are asked. */
async function isInRecovery(login: Login): Promise<boolean> {
	const reported = login.parameters.get('in_hot_standby');
	if (reported !== undefined) return reported === 'on';
	const { rows } = await login.client.query<{ standby: boolean }>(
		'select pg_catalog.pg_is_in_recovery() as standby',
	);
	return rows[0]?.standby === true;
}
