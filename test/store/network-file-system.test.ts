import { tmpdir } from 'node:os';
import { describe, expect, test } from 'vitest';
import { networkFileSystemName, refuseNetworkFileSystem } from '../../src/store/network-file-system.ts';

describe('a network file system', () => {
  test.each([
    [0x6969, 'NFS'],
    [0xff534d42, 'CIFS'],
    [0xff534d42 | 0, 'CIFS'],
    [0xfe534d42, 'SMB2'],
    [0x517b, 'SMB'],
    [0x00c36400, 'CephFS'],
    [0xef53, null],
    [0x01021994, null],
    [0x794c7630, null],
  ])('statfs type %i is %s', (type, name) => {
    expect(networkFileSystemName(type)).toBe(name);
  });

  test('is refused with the file and the way out', () => {
    expect(() => refuseNetworkFileSystem('/data/netscribe.db', '/data', () => 0x6969)).toThrow(
      expect.objectContaining({
        code: 'network-file-system',
        message: '/data/netscribe.db is on a network file system (NFS)',
      }),
    );
  });

  test('the temporary directory of a machine that runs tests is none', () => {
    expect(() => refuseNetworkFileSystem('x', tmpdir())).not.toThrow();
  });
});
