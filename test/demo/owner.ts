// A program that owns an embedded server, for tests that end it in every way a program can end.
// Arguments: folder, and `keep` for a cluster that outlives it. Prints one line: the server's pid.
import { defaultCacheFolder } from '../../source/demo/cache-folder.ts';
import { startEmbedded } from '../../source/demo/embedded.ts';

const [folder = '', lifetime] = process.argv.slice(2);
const server = await startEmbedded({
	folder,
	cacheFolder: defaultCacheFolder(),
	isPersistent: lifetime === 'keep',
});
console.log(`${server.pid}`);
// Stays alive until somebody ends it; the line asks for an orderly end of this program itself.
process.stdin.once('data', () => process.exit(0));
