"""leaving a room, and erasing what one wrote"""

import sqlalchemy as sa
from alembic import op

from app.platform.migrating import refuse_downgrade_with

revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('participant') as table:
        table.add_column(sa.Column('left_at', sa.BigInteger(), nullable=True))
        table.add_column(sa.Column('erasing_since', sa.BigInteger(), nullable=True))


def downgrade() -> None:
    refuse_downgrade_with(
        'SELECT 1 FROM participant WHERE left_at IS NOT NULL OR erasing_since IS NOT NULL',
        'People who left would be back, and texts that wait to be erased would stay.',
    )
    with op.batch_alter_table('participant') as table:
        table.drop_column('erasing_since')
        table.drop_column('left_at')
