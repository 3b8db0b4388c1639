import { request } from 'perigee';

export function run(): string {
  request.setMethod('PATCH');
  request.setUrl('/elsewhere?do=fields&%C3%A9=changed');
  request.setBody('another body');
  request.setHeader('x-test', 'another header');
  request.setParam('param', 'another param');
  request.setState('left', 'behind');
  return 'output';
}
