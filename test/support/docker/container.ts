import { randomBytes } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
	type ContainerRuntimeClient,
	GenericContainer,
	getContainerRuntimeClient,
	Wait,
} from 'testcontainers';
import { readPassword, superuser } from '../../../source/demo/cluster.ts';
import { buildRootFilesystem } from './root-filesystem.ts';

/** A Postgres in a container, removed by `stop`. */
export interface PostgresContainer {
	readonly url: string;
	stop(): Promise<void>;
}

const missingSentence =
	'TIDEMARK_TEST_ENGINE=docker needs a running Docker engine: install one (Debian: apt-get install docker.io) and start it, or set DOCKER_HOST.';

/**
 * Builds an image from the embedded binaries, runs it, and gives the superuser's URL.
 *
 * @throws Error that says what to install when there is no Docker engine
 */
export async function startPostgresContainer(
	settings: Readonly<Record<string, string | number>>,
	cacheFolder: string,
): Promise<PostgresContainer> {
	// Its reaper is an image that would have to be pulled; we clean up ourselves.
	process.env.TESTCONTAINERS_RYUK_DISABLED = 'true';
	const { dockerode } = (await runtime()).container;
	const name = `tidemark-test-postgres:${randomBytes(4).toString('hex')}`;
	const context = await mkdtemp(join(tmpdir(), 'tidemark-image-'));
	try {
		const image = await buildImage(context, name, cacheFolder);
		const container = await image
			.withCommand(Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]))
			.withExposedPorts(5432)
			.withWaitStrategy(Wait.forLogMessage(/database system is ready to accept connections/))
			.start();
		const password = await readPassword(context);
		const address = `${container.getHost()}:${container.getMappedPort(5432)}`;
		return {
			url: `postgres://${superuser}:${password}@${address}/postgres`,
			async stop() {
				await container.stop({ timeout: 0 });
				await dockerode.getImage(name).remove();
			},
		};
	} finally {
		await rm(context, { recursive: true, force: true });
	}
}

async function runtime(): Promise<ContainerRuntimeClient> {
	return getContainerRuntimeClient().catch((cause: Error) => {
		throw new Error(missingSentence, { cause });
	});
}

async function buildImage(
	context: string,
	name: string,
	cacheFolder: string,
): Promise<GenericContainer> {
	await mkdir(join(context, 'root'));
	await buildRootFilesystem(join(context, 'root'), context, cacheFolder);
	await copyFile(
		fileURLToPath(new URL('Dockerfile', import.meta.url)),
		join(context, 'Dockerfile'),
	);
	return GenericContainer.fromDockerfile(context).build(name);
}
