import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { findBinaries } from '../../source/demo/binaries.ts';
import { defaultCacheFolder } from '../../source/demo/cache-folder.ts';
import { clusterFolder } from '../../source/demo/cluster.ts';
import { startEmbedded } from '../../source/demo/embedded.ts';
import { type Guardian, guard } from '../../source/demo/guardian.ts';
import { readPostmaster, waitUntil } from '../../source/demo/postmaster.ts';
import {
	childIdentity,
	reachableBinaries,
	serverAccount,
	serverEnvironment,
} from '../../source/demo/server-account.ts';
import { connect } from '../../source/postgres/connect.ts';
import { targetOf } from '../support/target.ts';
import { closedPort } from './connect-listeners.ts';

let folder: string;
let url: URL;
let recovering: { child: ChildProcess; guardian: Guardian } | undefined;

/** A cluster that was shut down in order, and from now on takes itself for a standby. */
beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), 'tidemark-recovery-'));
	await chmod(folder, 0o711);
	const primary = await startEmbedded({
		folder,
		cacheFolder: defaultCacheFolder(),
		isPersistent: true,
		settings: { fsync: 'off' },
	});
	url = new URL(primary.url());
	await primary.stop();
	const signal = join(clusterFolder(folder), 'standby.signal');
	await writeFile(signal, '');
	const account = await serverAccount();
	if (account) await chown(signal, account.uid, account.gid);
});

afterEach(async () => {
	recovering?.child.kill('SIGQUIT');
	if (recovering?.child.exitCode === null) await once(recovering.child, 'exit');
	await recovering?.guardian.release();
	recovering = undefined;
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** Starts it without a primary to follow: it stays where it is. */
async function startStandby(hotStandby: 'on' | 'off'): Promise<void> {
	const account = await serverAccount();
	const binaries = await reachableBinaries(await findBinaries(), account, defaultCacheFolder());
	const cluster = clusterFolder(folder);
	const port = await closedPort();
	url.port = String(port);
	const settings = {
		port,
		listen_addresses: '127.0.0.1',
		unix_socket_directories: '',
		hot_standby: hotStandby,
		fsync: 'off',
	};
	const child = spawn(
		join(binaries.root, 'bin', 'postgres'),
		[
			'-D',
			cluster,
			...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
		],
		{ cwd: '/', env: serverEnvironment, stdio: 'ignore', ...childIdentity(account) },
	);
	recovering = { child, guardian: await guard(child.pid as number, folder, true) };
	// The words of postmaster.pid for a standby that may be read, and for one that may not.
	const status = hotStandby === 'on' ? 'ready' : 'standby';
	const isUp = async () => (await readPostmaster(cluster))?.status === status;
	expect(await waitUntil(isUp, 15_000)).toBe(true);
}

const open = (parameters: string) => connect(targetOf(`${url.href}?${parameters}`));

describe('a server in recovery', () => {
	it('is a standby, and found or passed over as such', async () => {
		await startStandby('on');
		for (const wanted of ['any', 'standby', 'read-only', 'prefer-standby']) {
			const { client, parameters } = await open(`target_session_attrs=${wanted}`);
			expect(parameters.get('in_hot_standby')).toBe('on');
			await client.end();
		}
		for (const wanted of ['primary', 'read-write']) {
			await expect(open(`target_session_attrs=${wanted}`)).rejects.toMatchObject({
				failure: 'other',
				message: expect.stringContaining(
					`it is a standby, and target_session_attrs asks for ${wanted}`,
				),
			});
		}
	});

	it('takes no connection where standbys are not to be read', async () => {
		await startStandby('off');
		await expect(open('')).rejects.toMatchObject({
			failure: 'starting-up',
			sqlstate: '57P03',
			message: expect.stringContaining('takes no connections yet'),
		});
	});

	it('is left for the next host meanwhile', async () => {
		await startStandby('off');
		const { username, password, host } = url;
		const places = `${host},127.0.0.1:${await closedPort()}`;
		await expect(
			connect(targetOf(`postgres://${username}:${password}@${places}/postgres`)),
		).rejects.toMatchObject({
			failure: 'starting-up',
			message: expect.stringMatching(/takes no connections yet.*Connection refused/),
		});
	});
});
