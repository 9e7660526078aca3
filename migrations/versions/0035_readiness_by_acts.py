"""the readiness of a vote follows the acts that change what counts"""

import sqlalchemy as sa
from alembic import op

revision = '0035'
down_revision = '0034'
branch_labels = None
depends_on = None


def upgrade() -> None:
    # No act has the number 0, so each vote is looked at again.
    with op.batch_alter_table('readiness') as readiness:
        readiness.add_column(sa.Column('changed_at', sa.Integer(), nullable=False, server_default='0'))
        readiness.drop_column('marks_at')
        readiness.drop_column('entries_at')
    with op.batch_alter_table('readiness') as readiness:
        readiness.alter_column('changed_at', server_default=None)


def downgrade() -> None:
    with op.batch_alter_table('readiness') as readiness:
        readiness.add_column(sa.Column('marks_at', sa.Integer(), nullable=False, server_default='0'))
        readiness.add_column(sa.Column('entries_at', sa.Integer(), nullable=False, server_default='0'))
        readiness.drop_column('changed_at')
    with op.batch_alter_table('readiness') as readiness:
        readiness.alter_column('marks_at', server_default=None)
        readiness.alter_column('entries_at', server_default=None)
