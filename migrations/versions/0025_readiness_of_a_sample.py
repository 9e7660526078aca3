"""how many voters a readiness rests on"""

import sqlalchemy as sa
from alembic import op

revision = '0025'
down_revision = '0024'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('readiness') as table:
        table.add_column(sa.Column('sampled', sa.Integer(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('readiness') as table:
        table.drop_column('sampled')
