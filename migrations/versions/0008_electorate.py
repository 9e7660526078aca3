"""the readiness of a vote follows its electorate"""

import sqlalchemy as sa
from alembic import op

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Readiness is computed again and again, so the rows need not be kept.
    op.execute('DELETE FROM readiness')
    op.add_column('readiness', sa.Column('people_at', sa.Integer(), nullable=False, server_default='0'))
    with op.batch_alter_table('readiness', schema=None) as batch_op:
        batch_op.alter_column('people_at', server_default=None)


def downgrade() -> None:
    with op.batch_alter_table('readiness', schema=None) as batch_op:
        batch_op.drop_column('people_at')
