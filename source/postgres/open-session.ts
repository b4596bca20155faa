import type { ConnectOptions } from './connect.ts';
import { connect } from './connect.ts';
import { sessionSettings } from './message.ts';
import { createSession, type Session } from './session.ts';
import type { Target } from './target-type.ts';

/** A read-only session with what is known of its connection. */
export type OpenedSession = {
	readonly session: Session;
	readonly host: string;
	readonly port: number;
	readonly isTls: boolean;
	/** A transaction pooler refused the session settings: every message carries its own. */
	readonly isPooled: boolean;
	/** What the server reports by itself, such as `in_hot_standby` (from 14 on), kept up to date. */
	readonly parameters: ReadonlyMap<string, string>;
};

const startupOptions = Object.entries(sessionSettings)
	.map(([name, value]) => `-c ${name}=${value}`)
	.join(' ');

/** Opens a session for samplers. @throws TidemarkError of kind `connect` */
export async function openSession(
	target: Target,
	options: Pick<ConnectOptions, 'signal'>,
): Promise<OpenedSession> {
	const { client, host, port, tls, pooled, parameters } = await connect(target, {
		...options,
		startupOptions,
		pipeline: true,
	});
	return {
		session: createSession(client, { where: target.label, isPooled: pooled }),
		host,
		port,
		isTls: tls,
		isPooled: pooled,
		parameters,
	};
}
