"""mails before a challenge ends, and mails of seals that can be switched off"""

import sqlalchemy as sa
from alembic import op

revision = '0022'
down_revision = '0021'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('challenge') as table:
        table.add_column(sa.Column('announced_act', sa.String(length=20), nullable=True))
    with op.batch_alter_table('account') as table:
        table.add_column(sa.Column('seal_mails', sa.Boolean(), nullable=False, server_default=sa.true()))


def downgrade() -> None:
    with op.batch_alter_table('account') as table:
        table.drop_column('seal_mails')
    with op.batch_alter_table('challenge') as table:
        table.drop_column('announced_act')
