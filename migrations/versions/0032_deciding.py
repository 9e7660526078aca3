"""the weight of the jury in the decision of a round"""

import sqlalchemy as sa
from alembic import op

from app.platform.migrating import refuse_downgrade_with

revision = '0032'
down_revision = '0031'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('round') as round:
        round.add_column(sa.Column('jury_percent', sa.Integer(), nullable=False, server_default='0'))


def downgrade() -> None:
    refuse_downgrade_with('SELECT 1 FROM round WHERE jury_percent > 0', 'What was promised about the jury would be lost.')
    with op.batch_alter_table('round') as round:
        round.drop_column('jury_percent')
