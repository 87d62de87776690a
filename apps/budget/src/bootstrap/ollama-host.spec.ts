import { describe, expect, it } from '@jest/globals';
import { ollamaBaseUrl } from './ollama-host.ts';

describe('ollamaBaseUrl', () => {
  it.each([
    ['127.0.0.1', 'http://127.0.0.1:11434/v1'],
    ['127.0.0.1:8080', 'http://127.0.0.1:8080/v1'],
    ['localhost:80', 'http://localhost/v1'],
    [':9000', 'http://127.0.0.1:9000/v1'],
    ['0.0.0.0', 'http://127.0.0.1:11434/v1'],
    ['0.0.0.0:11434', 'http://127.0.0.1:11434/v1'],
    ['[::]:11434', 'http://[::1]:11434/v1'],
    ['[::1]', 'http://[::1]:11434/v1'],
    ['http://gpu.example', 'http://gpu.example/v1'],
    ['https://gpu.example/ollama/', 'https://gpu.example/ollama/v1'],
    ['HTTP://gpu.example:11434', 'http://gpu.example:11434/v1'],
  ])('reads %s as %s', (host, baseUrl) => {
    expect(ollamaBaseUrl(host)).toBe(baseUrl);
  });

  it.each(['ftp://gpu.example', 'http://', 'a b', 'user:secret@gpu', 'http://gpu/?x=1', 'gpu#x', 'gpu:99999'])(
    'refuses %s',
    (host) => {
      expect(ollamaBaseUrl(host)).toBeUndefined();
    },
  );
});
