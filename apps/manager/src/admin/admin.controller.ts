import { Controller, Get, Inject } from '@nestjs/common';
import { Membership } from '../membership/membership.js';
import { nodeView, type NodeView } from './node-view.js';

/** For those who run the cluster. */
@Controller('admin')
export class AdminController {
  constructor(@Inject(Membership) private readonly membership: Membership) {}

  @Get('nodes')
  nodes(): NodeView[] {
    return this.membership.nodes().map(nodeView);
  }
}
