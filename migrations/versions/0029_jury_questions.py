"""questions that the jury answers, and their weights"""

import sqlalchemy as sa
from alembic import op

from app.platform.migrating import refuse_downgrade_with

revision = '0029'
down_revision = '0028'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('question') as question:
        question.add_column(sa.Column('audience', sa.String(length=20), nullable=False, server_default='everybody'))
        question.add_column(sa.Column('weight', sa.Integer(), nullable=False, server_default='1'))


def downgrade() -> None:
    refuse_downgrade_with("SELECT 1 FROM question WHERE audience <> 'everybody'", 'Everybody could answer the questions of juries.')
    with op.batch_alter_table('question') as question:
        question.drop_column('weight')
        question.drop_column('audience')
