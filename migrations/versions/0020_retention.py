"""how long a challenge is kept"""

import sqlalchemy as sa
from alembic import op

from app.platform.migrating import refuse_downgrade_with

revision = '0020'
down_revision = '0019'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('challenge') as table:
        table.add_column(sa.Column('retention_act', sa.String(length=20), nullable=True))
        table.add_column(sa.Column('retention_days', sa.Integer(), nullable=True))
        table.add_column(sa.Column('anonymised_at', sa.BigInteger(), nullable=True))


def downgrade() -> None:
    refuse_downgrade_with(
        'SELECT 1 FROM challenge WHERE retention_act IS NOT NULL', 'Challenges would stay longer than people were told.'
    )
    refuse_downgrade_with(
        'SELECT 1 FROM round WHERE length(key) = 0', 'The check of the journal would miss the ballots that were deleted.'
    )
    with op.batch_alter_table('challenge') as table:
        table.drop_column('anonymised_at')
        table.drop_column('retention_days')
        table.drop_column('retention_act')
