import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Binaries } from '../../source/demo/binaries.ts';
import { guard } from '../../source/demo/guardian.ts';
import { launch } from '../../source/demo/launch.ts';
import {
	childIdentity,
	serverAccount,
	serverEnvironment,
} from '../../source/demo/server-account.ts';

/** A server that is not the embedded one. */
export type OtherServer = {
	/** Connection string of a superuser. */
	url(database: string): string;
	stop(): Promise<void>;
};

/**
 * Starts a server from binaries of any version, in a folder that goes with it. Who comes by its socket, which
 * only its own account can, needs no password: that is how pg_cron connects.
 */
export async function startOtherServer(
	binaries: Binaries,
	settings: Readonly<Record<string, string | number>> = {},
): Promise<OtherServer> {
	const account = await serverAccount();
	const folder = await mkdtemp(join(tmpdir(), 'tidemark-server-'));
	const password = randomBytes(12).toString('hex');
	const noted = join(folder, 'password');
	await writeFile(noted, password, { mode: 0o600 });
	if (account) {
		await chmod(folder, 0o700);
		for (const path of [folder, noted]) await chown(path, account.uid, account.gid);
	}
	const flags = ['--username=tidemark', '--encoding=UTF8', '--locale=C', '--no-sync'];
	const auth = ['--auth-local=trust', '--auth-host=scram-sha-256', `--pwfile=${noted}`];
	await promisify(execFile)(
		join(binaries.root, 'bin', 'initdb'),
		[`--pgdata=${join(folder, 'cluster')}`, ...flags, ...auth],
		{ cwd: '/', env: serverEnvironment, ...childIdentity(account) },
	);
	const { child, port } = await launch(folder, binaries, account, {
		fsync: 'off',
		unix_socket_directories: folder,
		...settings,
	});
	const guardian = await guard(child.pid as number, folder, false);
	return {
		url: (database) => `postgres://tidemark:${password}@127.0.0.1:${port}/${database}`,
		async stop() {
			child.ref();
			const ended = once(child, 'exit');
			child.kill('SIGQUIT');
			await ended;
			await guardian.release();
			await rm(folder, { recursive: true, force: true });
		},
	};
}
