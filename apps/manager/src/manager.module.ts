import { Module, type DynamicModule } from '@nestjs/common';
import { AdminController } from './admin/admin.controller.js';
import { Membership } from './membership/membership.js';

/** The admin port's application. The door is not part of it: relayed calls pay for no framework. */
@Module({})
export class ManagerModule {
  static around(membership: Membership): DynamicModule {
    return {
      module: ManagerModule,
      controllers: [AdminController],
      providers: [{ provide: Membership, useValue: membership }],
    };
  }
}
