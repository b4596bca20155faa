import { execFile } from 'node:child_process';
import { copyFile, cp, mkdir, realpath, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { findBinaries } from '../../../source/demo/binaries.ts';
import { clusterFolder, createCluster, prepareFolder } from '../../../source/demo/cluster.ts';
import { reachableBinaries, serverAccount } from '../../../source/demo/server-account.ts';

/**
 * Assembles below `root` all that an image without a base needs to run Postgres: the embedded
 * binaries, the shared libraries of this machine that they load, an account, and a cluster ready to
 * start at `/data`, so that the image needs no shell (initdb would).
 *
 * @param folder where the cluster is made; the superuser's password stays readable there
 */
export async function buildRootFilesystem(
	root: string,
	folder: string,
	cacheFolder: string,
): Promise<void> {
	const account = await serverAccount();
	const binaries = await reachableBinaries(await findBinaries(), account, cacheFolder);
	await prepareFolder(folder, account);
	await createCluster(folder, binaries, account);
	await cp(clusterFolder(folder), join(root, 'data'), { recursive: true });
	await writeFile(join(root, 'data', 'pg_hba.conf'), 'host all all all scram-sha-256\n');
	for (const part of ['bin', 'lib', 'share']) {
		await cp(join(binaries.root, part), join(root, 'postgres', part), {
			recursive: true,
			verbatimSymlinks: true,
			filter: (path) => !path.endsWith('.a'),
		});
	}
	for (const library of await systemLibraries(join(binaries.root, 'bin', 'postgres'))) {
		await mkdir(join(root, dirname(library)), { recursive: true });
		await copyFile(await realpath(library), join(root, library));
	}
	await mkdir(join(root, 'tmp'));
	await mkdir(join(root, 'etc'));
	await writeFile(join(root, 'etc', 'passwd'), 'postgres:x:70:70::/data:/bin/false\n');
}

/** Absolute paths of what the dynamic linker loads for `program` from outside its own tree. */
async function systemLibraries(program: string): Promise<string[]> {
	const { stdout } = await promisify(execFile)('ldd', [program]);
	const tree = dirname(dirname(program));
	const paths = stdout.split('\n').flatMap((line) => /(\/\S+) \(0x/.exec(line)?.[1] ?? []);
	return paths.filter((path) => !path.startsWith(tree) && !path.includes('/bin/../lib/'));
}
